"""The catalogue as linked data: models -> DCAT-AP.de 3.0.

Written without an RDF library, so that ten thousand datasets are streamed in seconds with little memory:
`mapping` makes `terms.Resource` trees, `turtle`, `rdfxml` and `jsonld` write them.
"""
