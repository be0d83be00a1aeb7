"""Where the original keeps numbers of several processes: Metrion has other files, and nothing here."""
