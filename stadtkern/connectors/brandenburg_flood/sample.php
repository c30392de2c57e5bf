<!DOCTYPE html>
<html><head><meta charset="iso-8859-15"><title>Pegelportal</title></head><body>
<script>
var features = [
new ol.Feature({
geometry: new ol.geom.Point([480125.0,5756210.5]),
pegel: 'bbalarm',
pkz: '9990001',
name: 'Musterhausen Br\u00fccke',
gewaesser: 'Musterflie\u00df',
fgid: '5',
pegelinbb: '1',
alarmklasse: '1',
wstendenz: '1',
datum: '25.10.2026',
zeit: '02:30',
wert: '312',
qwert: '41,7',
alarm1: '300',
alarm2: '350',
alarm3: '400',
alarm4: '450'
}),
new ol.Feature({
geometry: new ol.geom.Point([470000.0,5740000.0]),
pegel: 'bb',
pkz: '9990002',
name: 'Böhmhof, Wehr \'oben\'',
gewaesser: 'Kleine Muster',
alarmklasse: '3',
datum: '23.11.2026',
zeit: '09:45',
wert: '-7',
qwert: ''
}),
];
</script></body></html>
