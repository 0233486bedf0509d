"""Where things lie, what is kept, and how long it takes; knows nobody."""
