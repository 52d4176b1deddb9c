"""What the clouds themselves publish about their types, brought under the names that Pulumi has for them.

    field.py          one shape for all published models
    sdk.py            property names and types: what the Pulumi SDK declares
    packages.py       imports models without the clients around them
    aws.py            botocore's service models, cfn-lint's resource schemas
    azure.py          the models of the azure-mgmt packages
    azure_address.py  how Azure addresses a resource: the requests of the same packages
    gcp.py            the messages of the google-cloud packages
    mapping.py        which published shape belongs to which type, and properties that are called otherwise
    combine.py        SDK and published models as one tree of rules per type
    extract.py        makes the trees, in a process of its own: the packages take seconds to import
    store.py          keeps the trees in a cache, so that a provider starts at once

None of this reads Intertie's own catalogue or platforms: a mistake there must not agree with itself here.
"""
