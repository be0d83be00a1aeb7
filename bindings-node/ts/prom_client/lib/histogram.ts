import { Histogram } from '../histogram';

export = Histogram;
