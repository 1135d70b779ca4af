"""What generates samples quickly: one engine per kind of processor."""
