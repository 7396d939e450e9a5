"""What an AsyncAPI document says of a WebSocket API: servers, channels, messages, schemas."""
