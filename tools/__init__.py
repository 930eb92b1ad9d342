"""What maintainers run, and readers of the book need not."""
