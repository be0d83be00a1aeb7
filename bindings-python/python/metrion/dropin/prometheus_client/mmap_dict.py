"""Where the original keeps numbers of several processes. Metrion has another file for them."""
