"""What the speed tables of the README are made from."""
