"""Say why something failed or came out wrong: a catalogue of known troubles, and how each is recognised."""
