"""Ask a segment to a gathering."""
