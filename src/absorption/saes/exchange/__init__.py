"""To and from SAELens and Gemma Scope."""
