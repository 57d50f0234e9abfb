// Package server answers the events contract over HTTP: the REST operations
// and one GraphQL schema, on top of the store. docs/api.md tells what it
// answers, row by row, with the test that proves each.
//
// The same handler serves a network listener (Serve) and the program's own
// client without a socket (Mount), so both take one path.
package server
