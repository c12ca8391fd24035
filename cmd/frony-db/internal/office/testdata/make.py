# Writes the files beside it: pip install openpyxl python-docx python-hwpx XlsxWriter pandas
import openpyxl, datetime, docx, pandas as pd, xlsxwriter
from openpyxl.styles import Font
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
import os
out = os.path.dirname(os.path.abspath(__file__)) + "/"

wb=openpyxl.Workbook(); ws=wb.active; ws.title="상품"
ws.append(["id","text","price","made","when","stock","note","sum"])
ws.append(["a-1","서울의 봄은 짧다",1234.5,datetime.date(2024,5,1),datetime.datetime(2024,5,1,13,30,5),True,"007",None])
ws.append(["a-2","두 줄\n글",0.1+0.2,datetime.date(1999,12,31),datetime.datetime(1999,12,31,23,59,59),False,None,None])
ws.append([3,CellRichText("굵은 ",TextBlock(InlineFont(b=True),"글씨")),9007199254740991,None,None,None,"x_x000D_y",None])
ws["D2"].number_format='yyyy"년" m"월" d"일"'
ws["C2"].number_format='#,##0.00" €"'
ws["H2"]="=C2*2"
ws["G3"]="#N/A"; ws["G3"].data_type="e"
ws.append([]); ws["J9"]=None
ws2=wb.create_sheet("비고"); ws2.append(["text"]); ws2.append(["다른 시트"])
ws3=wb.create_sheet("숨김"); ws3.sheet_state="hidden"; ws3.append(["text"])
wb.save(out+"openpyxl.xlsx")
df=pd.DataFrame({"id":["p1","p2"],"text":["첫 문서","둘째 문서"],"year":[2024,2025],"score":[.5,None],"day":pd.to_datetime(["2024-05-01 00:00","2024-05-02 07:00"])})
df.to_excel(out+"pandas.xlsx",index=False,engine="xlsxwriter")
wb=xlsxwriter.Workbook(out+"title1904.xlsx",{"date_1904":True}); s=wb.add_worksheet("표")
s.merge_range(0,0,0,2,"2024년 매출 보고"); 
for i,h in enumerate(["text","day","n"]): s.write(2,i,h)
s.write(3,0,"행 하나"); s.write_datetime(3,1,datetime.datetime(2024,5,1),wb.add_format({"num_format":"yyyy-mm-dd"})); s.write_formula(3,2,"=1+1",None,2)
wb.close()
d=docx.Document(); d.core_properties.title="이용 안내"
d.add_heading("이용 안내",0); d.add_heading("배송",1); d.add_paragraph("주문한 다음 날 도착한다.")
d.add_paragraph("서울",style="List Bullet"); d.add_paragraph("부산",style="List Bullet")
d.add_heading("반품",2); p=d.add_paragraph("칠 일 안에 "); p.add_run("되돌릴").bold=True; p.add_run(" 수 있다.")
t=d.add_table(rows=2,cols=2); t.cell(0,0).text="지역"; t.cell(0,1).text="요금"; t.cell(1,0).text="제주"; t.cell(1,1).text="3,000 | 원"
d.add_paragraph("# 기호로 시작하는 줄")
d.save(out+"python-docx.docx")

from hwpx.document import HwpxDocument
d=HwpxDocument.new()
d.add_paragraph("배송", style_id_ref=2, para_pr_id_ref=2)
d.add_paragraph("주문한 다음 날 도착한다.", style_id_ref=0, para_pr_id_ref=0)
t=d.add_table(2,2); t.set_cell_text(0,0,"지역"); t.set_cell_text(0,1,"요금"); t.set_cell_text(1,0,"제주"); t.set_cell_text(1,1,"3,000 | 원")
d.add_paragraph("반품", style_id_ref=3, para_pr_id_ref=3)
d.add_paragraph("칠 일 안에 되돌릴 수 있다.", style_id_ref=0, para_pr_id_ref=0)
d.save_to_path(out+"python-hwpx.hwpx")
