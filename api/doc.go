// Package api holds the events contract as Go values: the types, their
// limits and their errors. It is pure: no I/O, no terminal, no database.
//
// Both ends stand on it. Writing is exact (every field the contract names is
// present), reading is tolerant: absent and null fields, unknown fields,
// numbers sent as strings and the other way round, and both answer forms
// (enveloped and bare) are understood.
package api

import "time"

// Limits of the list query and of the bodies, as the contract states them.
const (
	MaxConditions   = 10                             // conditions in search, and in one branch
	MaxBranches     = 8                              // branches of searchBranches
	MaxInValues     = 100                            // values of one `in`
	MaxValueLength  = 512                            // characters of one value
	MaxPageSize     = 25_000                         // events of one page
	MaxPageOffset   = 100_000                        // (page-1)*pageSize; past it the cursor goes on
	MaxDatasets     = 50                             // datasets named in one query
	MaxURLLength    = 6_000                          // past it the client sends the query as a POST
	DefaultPageSize = 100                            // events of a page nobody sized
	DefaultDataset  = "Cloudforce One Threat Events" // the dataset a query means when it names none
	MaxBulkUpdate   = 100                            // ids of one bulk update
	RevertWindow    = 30 * 24 * time.Hour            // how far back a dataset can be reverted
)
