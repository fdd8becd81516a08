"""The channel `parcel_note`: a note written by hand, and a gift, in the customer's next parcel. At the pack bench the order's
barcode is scanned, the words stand there to be copied, and a tick says that they lie in the parcel.
"""
