"""The site of the documentation: what is generated for it, how it is put together and built."""
