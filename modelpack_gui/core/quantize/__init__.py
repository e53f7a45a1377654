"""What is known of quantising before and after it is tried."""
