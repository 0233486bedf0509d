"""Feature absorption in sparse autoencoders: a library for reproducible claims."""
