"""Pages about Moksori, and the program that writes reference.md."""
