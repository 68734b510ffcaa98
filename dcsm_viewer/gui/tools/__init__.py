"""The tools of the workbench: each is made when it is first opened, and costs nothing before."""
