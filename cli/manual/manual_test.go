package manual

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func tree() *cobra.Command {
	nothing := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "tool", Short: "Do things", Long: "Does things.\n.not a request\nC:\\path\n\ttool --now", Run: nothing}
	root.PersistentFlags().String("db", "", "a `file` of its own")
	serve := &cobra.Command{Use: "serve", Short: "Serve things", Run: nothing}
	api := &cobra.Command{Use: "api address", Short: "API over HTTP", Example: "tool serve api 'x'\n.dot", Run: nothing}
	api.Flags().IntP("limit", "l", 5, "most answers")
	api.Flags().Bool("secret-flag", false, "not told")
	if err := api.Flags().MarkHidden("secret-flag"); err != nil {
		panic(err)
	}
	serve.AddCommand(api)
	root.AddCommand(serve, &cobra.Command{Use: "hidden", Hidden: true, Run: nothing})
	return root
}

func TestEveryVisibleCommandHasAPage(t *testing.T) {
	got := slices.Sorted(maps.Keys(Pages(tree(), Source{})))
	if want := []string{"tool-serve-api.1", "tool-serve.1", "tool.1"}; !slices.Equal(got, want) {
		t.Errorf("pages %v, want %v", got, want)
	}
}

func TestPage(t *testing.T) {
	pages := Pages(tree(), Source{Version: "tool 1.2", Date: "2026-11-30"})
	for file, wanted := range map[string][]string{
		"tool.1": {
			`.TH "TOOL" 1 "2026-11-30" "tool 1.2" "threatbench manual"`, "tool \\- do things\n", "\n\\&.not a request\n", `C:\epath`, ".nf\ntool \\-\\-now\n.fi\n",
			".BR tool\\-serve (1)\n", `\fB\-\-db\fR \fIfile\fR`, "a file of its own", "EXIT STATUS",
		},
		"tool-serve-api.1": {
			"tool\\-serve\\-api \\- API over HTTP", "[options] address", "\\fB\\-l\\fR, \\fB\\-\\-limit\\fR \\fIint\\fR\nmost answers (default 5)",
			`.SH "OPTIONS OF EVERY COMMAND"`, "tool serve api \\(aqx\\(aq\n\\&.dot\n", ".BR tool\\-serve (1)\n",
		},
	} {
		for _, want := range wanted {
			if !strings.Contains(pages[file], want) {
				t.Errorf("%s has no %q:\n%s", file, want, pages[file])
			}
		}
		for line := range strings.Lines(pages[file]) {
			if strings.Contains(line, "secret-flag") || strings.HasPrefix(line, "'") {
				t.Errorf("%s has the line %q", file, line)
			}
		}
	}
}
