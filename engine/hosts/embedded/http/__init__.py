"""The HTTP front: connections and exchanges on the guest's own thread, and the client behind outgoing requests.

`front.py` accepts and parks connections, `connection.py` parses and sends, `exchange.py` is one request with its answer.
"""
