"""Scene files: what stands where, what the process asks, and the job to do."""
