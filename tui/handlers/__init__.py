"""What actions do: one file a subject, each function takes the dashboard."""
