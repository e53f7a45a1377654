"""The parity page: what is compared and how it is judged, and the proof at a glance."""
