"""Wishes for the tests of what declares."""

BOX = """\
apiVersion: wakeful/v1
kind: VirtualMachine
metadata:
  cluster: lab
  vmid: 103
spec:
  memory: {memory}
"""


def box(folder, memory="1G", name="box.yaml"):
    """Write a wish for the guest `box`, and return its path."""
    file = folder / name
    file.write_text(BOX.format(memory=memory))
    return str(file)
