"""Who may do what with LoRaWAN devices."""

import rules

from stadtkern.people.rules import is_back_office, is_editor

rules.add_perm("lorawan.view_device", is_back_office)
rules.add_perm("lorawan.add_device", is_editor)
rules.add_perm("lorawan.change_device", is_editor)
rules.add_perm("lorawan.delete_device", is_editor)
rules.add_perm("lorawan.send_downlink", is_editor)
rules.add_perm("lorawan.change_codec", is_editor)
rules.add_perm("lorawan.change_gateway", is_editor)
