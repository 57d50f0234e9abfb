// Package profile finds and reads the configuration: which server, which
// account, which token, and how the workbench should look.
package profile
