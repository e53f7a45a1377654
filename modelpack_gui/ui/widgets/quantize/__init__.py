"""The Quantise page: settings, variants, and what each node costs."""
