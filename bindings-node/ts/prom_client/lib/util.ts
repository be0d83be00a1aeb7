export { Grouper } from '../../aggregators';
export { isObject, labelsOf as getLabels } from '../labels';
export { numberText as getValueAsString } from '../page';
