"""The table of the page "Conventions side by side": each entry is found by running the library."""
