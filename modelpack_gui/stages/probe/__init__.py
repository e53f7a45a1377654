"""Find which sizes the model itself takes, by running it in eager mode at other sizes."""
