"""What a named substance does to people, and what to do: hazards, transport, protection."""
