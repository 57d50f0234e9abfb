// Package sdktest drives the server with the official Go SDK. It is a module
// of its own, so that the SDK weighs on nobody's build: run its tests with
// go test ./... in this folder.
package sdktest
