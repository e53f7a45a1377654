"""The sections of the form in the dialog with the options of an export, one widget each."""
