"""Pictures in and paint out, without Qt and without torch: what screen and file share."""
