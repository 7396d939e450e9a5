"""What became of the conversation in a browser, held against what the probe met."""
