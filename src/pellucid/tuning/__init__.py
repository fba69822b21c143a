"""Search for a better network: on every core, without a database, and without losing a trial."""
