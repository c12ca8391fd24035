package postgres

// FinishLoads is what is done in the background.
var FinishLoads = (*DB).finishLoads
