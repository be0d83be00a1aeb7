export { checkLabels as validateLabel, validateLabelName, validateMetricName } from '../labels';
