"""Running the service: its health, its upkeep, its log, where it is found."""
