package profile

// UI is how the workbench should look; empty values mean its defaults.
type UI struct {
	Theme   string              // name of a theme
	ASCII   bool                // draw with ASCII only
	Color   string              // auto, truecolor, 256, 16 or never
	Columns []string            // of the events table, in order
	Keys    map[string][]string // action id to its keys
}

// Profile is one server and how to reach it.
type Profile struct {
	Name         string
	BaseURL      string // empty: the embedded server
	Account      string
	Token        string   // resolved last; prefer the other sources
	TokenEnv     string   // name of an environment variable
	TokenCommand []string // argument list, run without a shell
	TokenKeyring bool     // ask the system's keyring
	DB           string   // database file of the embedded server
	ReadOnly     bool
}
