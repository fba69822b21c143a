"""Actions: what a user can do, each one spec in and one result out. The faces only fill specs and show results."""
