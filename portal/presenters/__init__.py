"""Values to words: what people read. View models are frozen; templates only lay them out."""
