package metrics

import dto "github.com/prometheus/client_model/go"

// family is a family of gauges that is made at one go: its metrics lie side by side in three blocks of memory.
type family struct {
	name, help string
	metrics    []dto.Metric
	gauges     []dto.Gauge
	values     []float64
	n          int
}

func newFamily(name, help string, size int) *family {
	return &family{name: name, help: help, metrics: make([]dto.Metric, size), gauges: make([]dto.Gauge, size), values: make([]float64, size)}
}

// add may be called as often as the family's size says. Labels must be in alphabetical order.
func (f *family) add(value float64, labels []*dto.LabelPair) {
	f.values[f.n] = value
	f.gauges[f.n].Value = &f.values[f.n]
	f.metrics[f.n].Gauge, f.metrics[f.n].Label = &f.gauges[f.n], labels
	f.n++
}

func (f *family) done() *dto.MetricFamily {
	all := make([]*dto.Metric, f.n)
	for i := range all {
		all[i] = &f.metrics[i]
	}
	return &dto.MetricFamily{Name: &f.name, Help: &f.help, Type: dto.MetricType_GAUGE.Enum(), Metric: all}
}

func labels(name, value string) []*dto.LabelPair {
	return []*dto.LabelPair{{Name: &name, Value: &value}}
}
