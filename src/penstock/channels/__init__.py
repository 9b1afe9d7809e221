"""Where orders come from: each file turns one channel's payload into our types; pure."""
