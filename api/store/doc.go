// Package store keeps threat events in one SQLite file: rows for reading
// single events, and packed column segments, written in the same transactions,
// for filtering, counting and sorting a million of them in milliseconds.
//
// Many accounts and many datasets share a file; no call ever sees another
// account's data. Several processes may use one file at the same time: readers
// work on snapshots and never wait for the writer.
//
// Failures a caller caused are *api.Error with the contract's status (400 for
// a wrong query, 404 for what isn't there); any other error is the machine's.
package store
