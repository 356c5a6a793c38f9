package nextcloudtest

import "bytes"

// object is a JSON object whose fields keep their order.
type object []field

type field struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(marshal(f.key))
		b.WriteByte(':')
		b.Write(marshal(f.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// phpMap is a PHP array with keys: an object, or an empty list when it is empty.
func phpMap[K comparable, V any](m map[K]V) any {
	if len(m) == 0 {
		return empty
	}
	return m
}

// phpObject is the same for an object.
func phpObject(o object) any {
	if len(o) == 0 {
		return empty
	}
	return o
}
