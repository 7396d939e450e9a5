"""Server code read for what will close sockets at run time; nothing of it is ever imported."""
