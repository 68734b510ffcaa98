"""The same export by several processes or machines, on Dask's scheduler (extra `distributed`)."""

from __future__ import annotations

from dcsm_viewer.batch.dask.cluster import dask_client
from dcsm_viewer.batch.dask.driver import export_on_cluster

__all__ = ["dask_client", "export_on_cluster"]
