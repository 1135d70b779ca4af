"""The embedded corpus: a grammar of everyday Korean and a synthetic speaker."""
