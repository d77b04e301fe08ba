"""Commands of those who deploy and operate Skyferry, with their own AWS credentials."""
