package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"policypush/internal/domain"
	"policypush/internal/tagging"
	"policypush/internal/tagging/scoring"
	"policypush/rules"
)

// facetNames are the dimensions of facets.yaml in the words of the output.
var facetNames = []struct {
	dimension domain.Dimension
	name      string
}{
	{domain.TaxTag, "税费"}, {domain.GroupTag, "居民群体"}, {domain.EnterpriseKindTag, "企业属性"}, {domain.IndustryTag, "行业"},
}

// fitFacets fits what decides on taxes, groups, kinds of enterprise and
// industries to folders of labelled texts and prints the effect.
func (r *reading) fitFacets(ctx context.Context, out io.Writer, dirs []string) (rules.FacetVerdicts, error) {
	var cases []tagging.FacetCase
	for _, dir := range dirs {
		docs, err := scoring.Load(dir)
		if err != nil {
			return rules.FacetVerdicts{}, err
		}
		for i := range docs {
			if err := ctx.Err(); err != nil {
				return rules.FacetVerdicts{}, err
			}
			d := &docs[i]
			c := r.tagger.NewFacetCase(r.tagger.Read(d.Text), map[domain.Dimension]tagging.Truth{
				domain.TaxTag:            {Codes: d.Taxes, Optional: d.TaxesOptional},
				domain.GroupTag:          {Codes: coded(d.Groups), Anything: slices.Contains(d.Groups, "*")},
				domain.EnterpriseKindTag: {Codes: coded(d.Kinds), Anything: slices.Contains(d.Kinds, "*")},
				domain.IndustryTag:       {Codes: d.Industries, Optional: d.IndustriesOptional},
			})
			c.Set = dir
			cases = append(cases, c)
		}
	}
	v, crossed := tagging.FitFacets(cases)
	for _, f := range facetNames {
		for _, line := range []struct {
			label string
			e     tagging.Effect
		}{
			{"现有权重", tagging.MeasureFacets(cases, f.dimension, &r.rules.Facets)},
			{"新权重（同一批文件）", tagging.MeasureFacets(cases, f.dimension, &v)},
			{"新权重（交叉验证）", crossed[f.dimension].All()},
		} {
			printDecided(out, f.name+" "+line.label, line.e)
		}
		for _, dir := range dirs {
			printDecided(out, "  其中 "+dir, crossed[f.dimension][dir])
		}
	}
	return v, nil
}

// coded are the labels that are codes: others are words for kinds that have none.
func coded(labels []string) []string {
	return slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return !scoring.Coded(l) })
}

// printFacetVerdicts writes the data file.
func printFacetVerdicts(w io.Writer, v rules.FacetVerdicts) error {
	_, err := fmt.Fprint(w, `# 税费、居民群体、企业属性、行业的判定权重, 由 policypush rules fit --facets 拟合, 不要手改
meta:
  id: facets
  title: 税费、居民群体、企业属性、行业的判定权重
  version: 1
  confidence: medium
  sources:
    - {kind: authored, what: "由 policypush rules fit --facets 对标注文件拟合。判定值为 base 加各项特征乘 weights 之和，大于零即打上"}
verdicts:
`)
	for _, f := range []struct {
		name string
		v    rules.FacetVerdict
	}{{"taxes", v.Taxes}, {"groups", v.Groups}, {"kinds", v.Kinds}, {"industries", v.Industries}} {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s: {base: %g, weights: %s, codes: %s}\n", f.name, f.v.Base, weightTable(f.v.Weights), weightTable(f.v.Codes))
		}
	}
	return err
}
